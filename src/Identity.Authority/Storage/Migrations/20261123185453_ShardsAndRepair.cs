using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Authority.Storage.Migrations
{
    /// <inheritdoc />
    public partial class ShardsAndRepair : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "Shard",
                table: "Revocations",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Profile",
                table: "Certificates",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Shard",
                table: "Certificates",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "ClockMarks",
                columns: table => new
                {
                    Name = table.Column<string>(nullable: false),
                    Latest = table.Column<long>(nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ClockMarks", x => x.Name);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Certificates_State",
                table: "Certificates",
                column: "State");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ClockMarks");

            migrationBuilder.DropIndex(
                name: "IX_Certificates_State",
                table: "Certificates");

            migrationBuilder.DropColumn(
                name: "Shard",
                table: "Revocations");

            migrationBuilder.DropColumn(
                name: "Profile",
                table: "Certificates");

            migrationBuilder.DropColumn(
                name: "Shard",
                table: "Certificates");
        }
    }
}
