using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Provider.Storage.Migrations
{
    /// <inheritdoc />
    public partial class RefreshTokens : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "RefreshTokens",
                columns: table => new
                {
                    Id = table.Column<string>(nullable: false),
                    Subject = table.Column<string>(nullable: false),
                    ApplicationId = table.Column<string>(nullable: false),
                    AuthorizationId = table.Column<string>(nullable: false),
                    Created = table.Column<long>(nullable: false),
                    Expires = table.Column<long>(nullable: false),
                    Redeemed = table.Column<long>(nullable: true),
                    Revoked = table.Column<long>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RefreshTokens", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_RefreshTokens_AuthorizationId",
                table: "RefreshTokens",
                column: "AuthorizationId");

            migrationBuilder.CreateIndex(
                name: "IX_RefreshTokens_Expires",
                table: "RefreshTokens",
                column: "Expires");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "RefreshTokens");
        }
    }
}
