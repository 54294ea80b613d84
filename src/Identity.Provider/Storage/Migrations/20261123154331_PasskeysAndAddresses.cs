using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Provider.Storage.Migrations
{
    /// <inheritdoc />
    public partial class PasskeysAndAddresses : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Country",
                table: "People",
                maxLength: 100,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Locality",
                table: "People",
                maxLength: 200,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "PostalCode",
                table: "People",
                maxLength: 32,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Region",
                table: "People",
                maxLength: 200,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "StreetAddress",
                table: "People",
                maxLength: 400,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "AttestedPasskeys",
                columns: table => new
                {
                    CredentialId = table.Column<byte[]>(nullable: false),
                    Format = table.Column<string>(maxLength: 32, nullable: false),
                    Aaguid = table.Column<Guid>(nullable: false),
                    DeviceBound = table.Column<bool>(nullable: false),
                    Trusted = table.Column<bool>(nullable: false),
                    Level = table.Column<string>(maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AttestedPasskeys", x => x.CredentialId);
                    table.ForeignKey(
                        name: "FK_AttestedPasskeys_AspNetUserPasskeys_CredentialId",
                        column: x => x.CredentialId,
                        principalTable: "AspNetUserPasskeys",
                        principalColumn: "CredentialId",
                        onDelete: ReferentialAction.Cascade);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "AttestedPasskeys");

            migrationBuilder.DropColumn(
                name: "Country",
                table: "People");

            migrationBuilder.DropColumn(
                name: "Locality",
                table: "People");

            migrationBuilder.DropColumn(
                name: "PostalCode",
                table: "People");

            migrationBuilder.DropColumn(
                name: "Region",
                table: "People");

            migrationBuilder.DropColumn(
                name: "StreetAddress",
                table: "People");
        }
    }
}
